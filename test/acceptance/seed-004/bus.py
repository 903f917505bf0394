import boto3
import json
from datetime import datetime

class MyLearningEventBridge:
    def __init__(self):
        self.eventbridge = boto3.client('events')
        self.custom_bus_name = 'mylearning-application-events'
    
    def create_custom_event_bus(self):
        """Create custom event bus for MyLearning.com events"""
        
        try:
            response = self.eventbridge.create_event_bus(
                Name=self.custom_bus_name,
                Tags=[
                    {'Key': 'Environment', 'Value': 'production'},
                    {'Key': 'Application', 'Value': 'MyLearning'},
                    {'Key': 'Purpose', 'Value': 'ApplicationEvents'}
                ]
            )
            
            print(f"Custom event bus created: {response['EventBusArn']}")
            return response['EventBusArn']
            
        except Exception as e:
            print(f"Error creating event bus: {str(e)}")
            return None
    
    def put_custom_event(self, source, detail_type, detail, resources=None):
        """Publish custom events to MyLearning event bus"""
        
        event_entry = {
            'Source': source,
            'DetailType': detail_type,
            'Detail': json.dumps(detail),
            'EventBusName': self.custom_bus_name,
            'Time': datetime.utcnow()
        }
        
        if resources:
            event_entry['Resources'] = resources
        
        try:
            response = self.eventbridge.put_events(
                Entries=[event_entry]
            )
            
            if response['FailedEntryCount'] == 0:
                print(f"Event published successfully: {detail_type}")
                return True
            else:
                print(f"Failed to publish event: {response['Entries'][0]['ErrorMessage']}")
                return False
                
        except Exception as e:
            print(f"Error publishing event: {str(e)}")
            return False

# Initialize MyLearning EventBridge
ml_eventbridge = MyLearningEventBridge()

# Create custom event bus
bus_arn = ml_eventbridge.create_custom_event_bus()

# Example: User registration event
user_registration_event = {
    'user_id': 'user_12345',
    'email': 'student@example.com',
    'registration_type': 'premium',
    'course_interests': ['aws', 'python', 'devops'],
    'referral_source': 'google_ads',
    'timestamp': datetime.utcnow().isoformat()
}

ml_eventbridge.put_custom_event(
    source='mylearning.user-service',
    detail_type='User Registration Completed',
    detail=user_registration_event,
    resources=['arn:aws:lambda:ap-south-1:123456789012:function:user-onboarding']
)
